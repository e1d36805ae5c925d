import type { Complain } from '../../base/yaml-document.ts';
import { unsupported } from './screen-recipe.ts';

/** The most frequent one among the models. */
export const AUTO_TEMPLATE = 'auto';

/** Templates that a recipe may call by name. Source: OpenAI, ChatML. */
export const NAMED_TEMPLATES: Readonly<Record<string, string>> = {
  chatml:
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
};

/** Refuses what is neither a template nor the name of one. Errors: `MERGE_RECIPE_UNSUPPORTED`. */
export function screenChatTemplate(template: string | undefined, complain: Complain): void {
  if (template === undefined || template === AUTO_TEMPLATE || template.includes('{')) return;
  if (!Object.hasOwn(NAMED_TEMPLATES, template))
    unsupported(['chat_template'], `the built-in chat template ${JSON.stringify(template)}`, complain);
}
